// Binder: spatial functions.
#include "expr/binding.h"
#include "expr/index_predicate.h"
#include "geo/wkb.h"
#include "geo/wkt.h"

namespace elanus::expr {

Result<std::string> Binder::Geometry(const Node& node, bool only_point) {
  const Bound bound = TRY(Expression(node));
  if (bound.is_template && !bound.value.is_string()) {
    return Bad("the value of GIS WKT template variable {" + bound.name + "} is not string");
  }
  if (!bound.is_constant() || !bound.value.is_string()) {
    return Bad("WKT string should be a string literal or template variable, got: " + Text(node));
  }
  std::string wkb = TRY(geo::WktToWkb(bound.value.as_string()));
  if (only_point && !geo::IsPoint(wkb))
    return Bad("only supports POINT geometry: " + bound.value.as_string());
  return wkb;
}

Result<double> Binder::Distance(const Node& node) {
  const Bound bound = TRY(Expression(node));
  if (!bound.is_constant())
    return Bad("distance parameter must be a constant numeric value, got: " + Text(node));
  if (bound.is_template) return Bad("invalid distance value: " + Text(node));
  if (!bound.value.is_number()) {
    return Bad("distance parameter must be a numeric value (int or float), got: " + Text(node));
  }
  const double metres = bound.value.as_double();
  if (metres < 0)
    return Bad("distance parameter must be non-negative, got: " + std::to_string(metres));
  return metres;
}

Result<Bound> Binder::Spatial(const Node& node) {
  const geo::SpatialOp op = SpatialOpOf(node.token);
  const ColumnRef column = TRY(names_.Identifier(node.token2.text, false));
  if (column.type() != DataType::kGeometry) {
    const std::string what = op == geo::SpatialOp::kIsValid          ? "STIsValid"
                             : op == geo::SpatialOp::kDistanceWithin ? "ST_DWITHIN"
                                                                     : "spatial";
    return Bad(what + " operation are only supported on geometry fields now, got: " + Text(node));
  }
  const bool distance = op == geo::SpatialOp::kDistanceWithin;
  std::string wkb;
  if (!node.children.empty()) wkb = TRY(Geometry(*node.children[0], /*only_point=*/distance));
  const double metres = distance ? TRY(Distance(*node.children[1])) : 0;
  auto test = TRY(geo::SpatialTest::Make(op, std::move(wkb), metres));
  std::optional<IndexPredicate> index;
  if (test->reach()) index = IndexNear(column, *test->reach());
  PredicatePtr predicate = MakeSpatial(Slot(column), op, std::move(test));
  if (index) predicate->SetIndex(*std::move(index));
  return Decided(std::move(predicate));
}

}  // namespace elanus::expr
