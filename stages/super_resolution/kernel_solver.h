// solve_nonlocal by kernels: on a device, or for tests on the CPU.
#pragma once

#include "stages/super_resolution/block_solver.h"

namespace nadir {

/// The image that solve_nonlocal gives, all of it computed where `exec` runs loops. `y` and the result are in the
/// host's memory. Match lists equal solve_nonlocal's where the images before them do; the only difference, in the order
/// of the sums of inner products, hardly ever reaches a float32 (`KernelSolver.*` in tests sees none).
/// Throws OutOfDeviceMemory.
Tile solve_by_kernels(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin = {});

/// Memory that solve_by_kernels takes where `exec` runs loops, bytes. Where there is less it can do with a good part.
std::size_t kernel_solver_bytes(const SolverSettings& settings, Size coarse, int bands);

}  // namespace nadir
