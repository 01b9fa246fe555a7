#pragma once
// The libraries that pupil is compared with: those that were found when the benchmarks were configured.

#include <pupil/core/shape.hpp>

namespace bench {

/// Eigen comes with pupil.
void add_eigen_comparisons(int threads);
void add_onednn_comparisons(pupil::Index images);
void add_torch_comparisons(pupil::Index images, pupil::Index captions, int threads);

/// All of them, each with `threads` threads. `batch` captions go along with half as many images, so that the
/// convolutions of the default batch are those of 16 images, by which convolutions are commonly compared.
inline void add_comparisons(pupil::Index batch, int threads) {
  [[maybe_unused]] const pupil::Index images = batch < 2 ? 1 : batch / 2;
  add_eigen_comparisons(threads);
#ifdef PUPIL_BENCH_ONEDNN
  add_onednn_comparisons(images);  // takes OpenMP's number of threads, which pupil has set
#endif
#ifdef PUPIL_BENCH_TORCH
  add_torch_comparisons(images, batch, threads);
#endif
}

}  // namespace bench
