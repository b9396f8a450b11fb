// SPDX-License-Identifier: Apache-2.0
// A one-line expression.
#include <sinter/sinter.hpp>

int main() {}
