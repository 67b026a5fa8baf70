#include "server/rest/openapi.h"

#include <algorithm>
#include <map>

namespace elanus::server {
namespace {

// Every shape that a route or another shape refers to, by name.
using Shapes = std::map<std::string_view, const Shape*>;

void Collect(const Shape* shape, Shapes* shapes) {
  if (shape == nullptr || !shapes->emplace(shape->name, shape).second) return;
  for (const Param& param : shape->params) Collect(param.shape, shapes);
}

void AppendReference(const Shape& shape, std::string* out) {
  JsonObject(out).Add("$ref", "#/components/schemas/" + std::string(shape.name));
}

void AppendKind(const Param& param, std::string* out) {
  if (param.kind == ParamKind::kStruct) return AppendReference(*param.shape, out);
  JsonObject object(out);
  switch (param.kind) {
    case ParamKind::kAny:
    case ParamKind::kStruct:
      return;
    case ParamKind::kBool:
      object.Add("type", "boolean");
      return;
    case ParamKind::kInt32:
      object.Add("type", "integer").Add("format", "int32");
      return;
    case ParamKind::kInt64:
      object.Add("type", "integer").Add("format", "int64");
      return;
    case ParamKind::kString:
      object.Add("type", "string");
      return;
    case ParamKind::kStrings:
      object.Add("type", "array");
      JsonObject(object.Key("items")).Add("type", "string");
      return;
    case ParamKind::kMap:
      object.Add("type", "object");
      return;
    case ParamKind::kStringMap:
      object.Add("type", "object");
      JsonObject(object.Key("additionalProperties")).Add("type", "string");
      return;
    case ParamKind::kStructs:
      object.Add("type", "array");
      AppendReference(*param.shape, object.Key("items"));
      return;
    case ParamKind::kList:
      object.Add("type", "array");
      return;
    case ParamKind::kRows:
      AppendNames(std::initializer_list<std::string_view>{"array", "object"}, object.Key("type"));
      return;
  }
}

void AppendShape(const Shape& shape, std::string* out) {
  JsonObject object(out);
  object.Add("type", "object");
  {
    JsonObject properties(object.Key("properties"));
    for (const Param& param : shape.params) AppendKind(param, properties.Key(param.name));
  }
  std::vector<std::string_view> required;
  for (const Param& param : shape.params) {
    if (param.required) required.push_back(param.name);
  }
  if (!required.empty()) AppendNames(required, object.Key("required"));
}

// What every answer looks like.
void AppendAnswer(std::string* out) {
  JsonObject object(out);
  object.Add("type", "object");
  AppendNames(std::initializer_list<std::string_view>{"code"}, object.Key("required"));
  JsonObject properties(object.Key("properties"));
  JsonObject(properties.Key("code")).Add("type", "integer");
  JsonObject(properties.Key("message")).Add("type", "string");
  JsonObject(properties.Key("cost")).Add("type", "integer");
  {
    JsonObject data(properties.Key("data"));
  }
}

void AppendContent(std::string_view reference, std::string* out) {
  JsonObject content(out);
  JsonObject json(content.Key("application/json"));
  JsonObject(json.Key("schema")).Add("$ref", reference);
}

std::string IdOf(const Route& route) {
  std::string id(route.path.substr(1));
  std::ranges::replace(id, '/', '_');
  return id;
}

void AppendOperation(const Route& route, std::string* out) {
  JsonObject operation(out);
  operation.Add("operationId", IdOf(route));
  operation.Add("summary", std::string(route.rpc) +
                               (route.handler == nullptr ? " (not built: answers code 10)" : ""));
  if (route.method == "GET") {
    AppendArray(route.shape->params, operation.Key("parameters"),
                [](const Param& param, std::string* to) {
                  JsonObject object(to);
                  object.Add("name", param.name).Add("in", "query").Add("required", param.required);
                  JsonObject(object.Key("schema")).Add("type", "string");
                });
  } else {
    JsonObject body(operation.Key("requestBody"));
    body.Add("required", true);
    AppendContent("#/components/schemas/" + std::string(route.shape->name), body.Key("content"));
  }
  JsonObject responses(operation.Key("responses"));
  constexpr std::pair<std::string_view, std::string_view> kResponses[] = {
      {"200", "Done, or refused: code tells."},
      {"401", "The caller is not known."},
      {"403", "The caller may not do this."},
      {"408", "The request took too long."}};
  for (const auto& [code, text] : kResponses) {
    JsonObject response(responses.Key(code));
    response.Add("description", text);
    AppendContent("#/components/schemas/Answer", response.Key("content"));
  }
}

}  // namespace

std::string OpenApiDocument(std::span<const Route> routes, std::string_view version) {
  Shapes shapes;
  for (const Route& route : routes) Collect(route.shape, &shapes);
  std::string out;
  {
    JsonObject document(&out);
    document.Add("openapi", "3.1.0");
    JsonObject(document.Key("info")).Add("title", "Elanus").Add("version", version);
    {
      JsonObject paths(document.Key("paths"));
      for (const Route& route : routes) {
        JsonObject path(paths.Key(route.path));
        AppendOperation(route, path.Key(route.method == "GET" ? "get" : "post"));
      }
    }
    JsonObject components(document.Key("components"));
    JsonObject schemas(components.Key("schemas"));
    AppendAnswer(schemas.Key("Answer"));
    for (const auto& [name, shape] : shapes) AppendShape(*shape, schemas.Key(name));
  }
  return out;
}

}  // namespace elanus::server
