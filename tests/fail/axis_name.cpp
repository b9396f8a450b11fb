// SPDX-License-Identifier: Apache-2.0

// An axis whose name is too long.
//
// expect: a name has at most ten characters

#include <sinter/sinter.hpp>

namespace st = sinter;

#ifdef SINTER_CONTROL
inline constexpr st::axis batch{"batch"};
#else
inline constexpr st::axis batch{"batch_of_images"};
#endif

int main() {
}
