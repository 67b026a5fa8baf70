// The index of whole documents (json_cast_type JSON): every bool, number and string under a path,
// and every such element of an array there, is a term of its row: the path, the kind and the value,
// in bytes that sort as the values do. A sorted index of those terms answers for any path.
#pragma once

#include <memory>
#include <string_view>

#include "index/scalar_index.h"

namespace elanus::index {

// Of what lies under spec.part.path. Objects and arrays inside an array are not in it.
Status BuildJsonLeaves(const ScalarView& column, const ScalarSpec& spec, const Sink& sink);

// `terms`: the sorted index that BuildJsonLeaves wrote.
std::unique_ptr<ScalarIndex> OpenJsonLeaves(std::unique_ptr<ScalarIndex> terms);

}  // namespace elanus::index
