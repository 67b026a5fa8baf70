// What both versions of the API do with rows.
#pragma once

#include <string>
#include <string_view>

#include "server/rest/route.h"

namespace elanus::server {

extern const Shape kDataShape;  // of insert and upsert
bool ReadInsertEarly(RestCall& call, const Json& so_far, JsonReader* reader);
bool ReadUpsertEarly(RestCall& call, const Json& so_far, JsonReader* reader);
Status InsertRows(RestCall& call, const Json& body);
Status UpsertRows(RestCall& call, const Json& body);
// The expression of `request` is set.
Status RunDelete(RestCall& call, const Json& body, pb::DeleteRequest* request);

using Templates = google::protobuf::Map<std::string, pb_schema::TemplateValue>;
// Values for the names in an expression.
Status AddTemplates(const Json& params, Templates* templates);
// "pk in {ids}" for `id`, a key or an array of them. kRestInvalidPrimaryKey: it is none.
Status SetKeys(const pb_schema::CollectionSchema& schema, const Json& id, std::string* expr,
               Templates* templates);

// Runs a query, but for its expression, and answers with rows.
Status RunQuery(RestCall& call, const Json& body, pb::QueryRequest* request);
Status GetRows(RestCall& call, const Json& body);
// Answers with the hits.
Status AnswerHits(RestCall& call, const pb::SearchResults& response);

const pb_schema::FieldSchema* PrimaryOf(const pb_schema::CollectionSchema& schema);

}  // namespace elanus::server
