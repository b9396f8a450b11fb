// SPDX-License-Identifier: Apache-2.0
// A graph of 500 nodes.
#include <sinter/sinter.hpp>

int main() {}
