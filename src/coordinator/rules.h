// What one DDL request makes of one collection: pure functions over a CollectionInfo, with Milvus's
// rules and texts. An Edit says whether anything changed; after an error the info is not to be
// used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/resource_group_table.h"
#include "model/schema.h"
#include "roles/coordinator.h"

namespace elanus::coordinator {

enum class Edit { kUnchanged, kChanged };

// Sets and removes keys; true when that made a difference.
bool Apply(const roles::PropertyChange& change, Properties* properties);
// The number under `key`, where there is one.
void ReadNumber(const Properties& properties, std::string_view key, int64_t* number);

// A collection that was created with `request`, as far as a client can tell: creating it again is
// success. Partitions that were added since do not matter, except under a partition key.
bool SameDefinition(const CollectionInfo& info, const roles::CreateCollectionRequest& request);

// Adds `partition` (id and creation time set) unless the name is taken. It is loaded if all others
// are.
Result<Edit> AddPartition(CollectionInfo* info, Partition partition, int64_t partitions_max);
Result<Edit> RemovePartition(CollectionInfo* info, std::string_view name);

// Adds `field` (without id) before $meta; the dynamic field itself comes last.
Result<Edit> AddFieldTo(CollectionInfo* info, Field field);
// Takes the field and its indexes away, unless the collection cannot be without it.
Result<Edit> RemoveField(CollectionInfo* info, FieldId field);
// Adds a function (without id) with the field that it makes and that field's index.
Result<Edit> AddFunctionTo(CollectionInfo* info, Function function, Field field, IndexInfo index);
// Takes the function, the fields that it makes, and their indexes away, unless no vector is left.
Result<Edit> RemoveFunction(CollectionInfo* info, std::string_view name);
Result<Edit> ChangeProperties(CollectionInfo* info, const roles::PropertyChange& change);
Result<Edit> ChangeField(CollectionInfo* info, std::string_view field,
                         const roles::PropertyChange& change);
Result<Edit> ChangeIndex(CollectionInfo* info, std::string_view index_name,
                         const roles::PropertyChange& change);

// The same index again is success; `index` has its id and creation time, its name may be empty.
Result<Edit> AddIndex(CollectionInfo* info, IndexInfo index);
// The index of that name, or of that field when the name is empty; all when both are empty.
Result<Edit> RemoveIndex(CollectionInfo* info, std::string_view field, std::string_view index_name);

// The group that a load puts the collection into ("": the default one), if it has a node.
Result<std::string> GroupToLoadInto(const ResourceGroupTable& groups, const CollectionInfo& info,
                                    int32_t replica_number, const std::vector<std::string>& asked);
// `partitions` empty: all of them. `load_fields` empty: all of them.
Result<Edit> MarkLoaded(CollectionInfo* info, const std::vector<std::string>& partitions,
                        int32_t replica_number, const std::vector<std::string>& load_fields);
Result<Edit> MarkReleased(CollectionInfo* info, const std::vector<std::string>& partitions);

}  // namespace elanus::coordinator
