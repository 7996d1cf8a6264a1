// Time, medians and memory.
#pragma once

#include <chrono>
#include <vector>

namespace nadir::app {

double seconds_since(std::chrono::steady_clock::time_point start);

double median(std::vector<double> values);

/// Resident memory at its highest since the last reset. Linux forgets the peak when 5 is written to clear_refs; where
/// that is not allowed, the peak is the process's.
void reset_peak_memory();
double peak_memory_mib();

}  // namespace nadir::app
