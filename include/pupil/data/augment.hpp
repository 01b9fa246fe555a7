#pragma once
// From cached bytes to what an encoder takes: a window of each image, perhaps mirrored, as normalised floats
// (io/image_view.hpp).
//
// Training sees random windows and, where that leaves the captions true, random mirror images; inference sees the
// centre.

#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/batch_rng.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/io/image_view.hpp>
#include <pupil/io/normalization.hpp>

namespace pupil::captioning {

/// A window anywhere in the image, mirrored left to right half the time if `mirror` allows it.
/// Throws ShapeError where it is larger than the image.
inline View random_view(Size2d image, Size2d window, bool mirror, Rng& rng) {
  detail::require_window(image, window);
  View view;
  view.top = rng.below(image.height - window.height + 1);
  view.left = rng.below(image.width - window.width + 1);
  view.mirrored = mirror && rng.below(2) == 1;
  return view;
}

/// The numbers behind the views of a training batch; see batch_rng.
inline Rng view_rng(std::uint64_t seed, std::uint64_t epoch, Index batch) {
  return batch_rng("views", seed, epoch, batch);
}

namespace detail {

/// Throws where load_images does.
inline void check_views(const ImageCache& cache, std::span<const Index> rows, std::span<const View> views,
                        const Tensor<float, 4>& out) {
  const auto count = static_cast<Index>(rows.size());
  const Size2d size = cache.image_size();
  const Size2d window{out.dim(1), out.dim(2)};
  require<ShapeError>(views.size() == rows.size() && out.dim(0) == count && out.dim(3) == 3, "load_images: ", count,
                      " images and ", views.size(), " views do not fill ", out.shape());
  for (const View& view : views) {
    const bool inside = view.top >= 0 && view.left >= 0 && view.top + window.height <= size.height &&
                        view.left + window.width <= size.width;
    require<ShapeError>(inside, "load_images: a window of ", window, " at (", view.top, ", ", view.left,
                        ") leaves images of ", size);
  }
  for (const Index row : rows) {
    require<IndexError>(row >= 0 && row < cache.size(), "load_images: row ", row, " of ", cache.size());
  }
}

}  // namespace detail

/// Image `rows[i]` of the cache, seen through `views[i]`, as out[i]. The shape of `out`, [images, height, width, 3],
/// says how large the windows are. Throws ShapeError where the sizes do not fit.
inline void load_images(const ImageCache& cache, std::span<const Index> rows, std::span<const View> views,
                        const Normalization& normalization, Tensor<float, 4>& out) {
  detail::check_views(cache, rows, views, out);
  const Size2d window{out.dim(1), out.dim(2)};
  const detail::NormalizedBytes table = detail::normalized_bytes(normalization);
  parallel_for(out.dim(0), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    detail::copy_view(cache.image(rows[at]), cache.image_size(), views[at], table, window,
                      out.data() + i * window.height * window.width * 3);
  });
  cache.release_pages();  // an epoch reads all of the cache: left mapped, it would fill the memory
}

}  // namespace pupil::captioning
