// SPDX-License-Identifier: Apache-2.0
#pragma once

/// To be included before Thrust. By itself it would ask for the CUDA runtime: outside nvcc it is
/// told not to, unless the program told it something already; its device is the host then.

#if !defined(__CUDACC__)
#if !defined(THRUST_HOST_SYSTEM)
#define THRUST_HOST_SYSTEM THRUST_HOST_SYSTEM_CPP
#endif
#if !defined(THRUST_DEVICE_SYSTEM)
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#endif
#endif
