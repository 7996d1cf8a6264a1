// Marks functions that the CUDA compiler also builds for the device.
#pragma once

#if defined(__CUDACC__)
#define HD __host__ __device__
#else
#define HD
#endif
