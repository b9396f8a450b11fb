// SPDX-License-Identifier: Apache-2.0
// The entry point that the test programs share: doctest is compiled once.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
