#pragma once
// What this machine can do at most, by which everything else is measured.

namespace bench {

struct Machine {
  double fp32 = 0;        ///< GFLOP/s of multiply-adds of floats in registers
  double bf16_tiles = 0;  ///< GFLOP/s of AMX's tiles; 0 where there are none, or the system does not grant them
  double bandwidth = 0;   ///< GB/s of a[i] = b[i] + s c[i] in memory, two reads and a write
};

/// All of it with as many threads as parallel_for has. Measured at the first call, which takes about a second.
const Machine& machine();

}  // namespace bench
