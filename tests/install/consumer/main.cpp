// SPDX-License-Identifier: Apache-2.0
#include <sinter/sinter.hpp>

int second();

int main() { return second(); }
