// The benchmarks that index_bench takes by name.
#pragma once

namespace elanus::index {

int RunSparse(int argc, char** argv);

}  // namespace elanus::index
