// SPDX-License-Identifier: Apache-2.0
// The training step of the digit classifier.
#include <sinter/sinter.hpp>

int main() {}
