// SPDX-License-Identifier: Apache-2.0
// A second translation unit: a definition that is not inline would meet itself when linked.
#include <sinter/sinter.hpp>

int second() { return 0; }
