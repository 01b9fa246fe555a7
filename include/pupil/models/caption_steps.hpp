#pragma once
// CaptionSteps: the captions of all blocks of a batch in the order in which a decoder goes through them: all first
// words, then all second words, ..., the longest caption first, without padding
// (kernels/recurrent/packed_sequences.hpp). So a step is one product over all captions that are still going on,
// whatever block they are in.

#include <algorithm>
#include <cstdint>
#include <span>

#include <pupil/core/pool_allocator.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

class CaptionSteps {
 public:
  CaptionSteps() = default;

  /// Throws IndexError where a caption is of none of the `images`.
  CaptionSteps(std::span<const CaptionBlock> blocks, Index images) {
    check_image_rows(blocks, images);
    pack(blocks);
    const Index captions = sequences_.batch();
    image_of_rank_ = Tensor<Index, 1>::uninitialized({captions});
    words_ = Tensor<std::int32_t, 1>::uninitialized({sequences_.rows()});
    target_rows_ = Tensor<Index, 1>::uninitialized({sequences_.rows()});
    image_of_row_ = Tensor<Index, 1>::uninitialized({sequences_.rows()});
    auto rank_of_caption = Tensor<Index, 1>::uninitialized({captions});
    for (Index rank = 0; rank < captions; ++rank) rank_of_caption[sequences_.sequence(rank)] = rank;
    Index first_caption = 0;
    Index target = 0;
    for (const CaptionBlock& block : blocks) {
      const Index count = block.inputs.dim(1);
      for (Index t = 0; t < block.inputs.dim(0); ++t) {
        for (Index c = 0; c < count && block.lengths[static_cast<std::size_t>(c)] > t; ++c) {
          const Index rank = rank_of_caption[first_caption + c];
          const Index row = sequences_.begin(t) + rank;
          words_[row] = block.inputs(t, c);
          target_rows_[target++] = row;
          image_of_rank_[rank] = image_of_row_[row] = block.image_rows[static_cast<std::size_t>(c)];
        }
      }
      first_caption += count;
    }
    ranks_of_images_ = kernels::RowsByItem(image_of_rank_, images);
    rows_of_images_ = kernels::RowsByItem(image_of_row_, images);
  }

  const kernels::PackedSequences& sequences() const { return sequences_; }
  /// The word that is read at every packed row.
  const Tensor<std::int32_t, 1>& words() const { return words_; }

  /// The image of the caption of every rank. At step t, row r is of rank r.
  const Tensor<Index, 1>& image_of_rank() const { return image_of_rank_; }
  const kernels::RowsByItem& ranks_of_images() const { return ranks_of_images_; }
  /// The image of every packed row.
  const Tensor<Index, 1>& image_of_row() const { return image_of_row_; }
  const kernels::RowsByItem& rows_of_images() const { return rows_of_images_; }

  /// Packed rows [rows, columns] that lie from row `first` on, in the order of `target_words(blocks)`.
  template <class T>
  Tensor<T, 2> in_target_order(const Tensor<T, 2>& packed, Index first = 0) const {
    auto ordered = Tensor<T, 2>::uninitialized({target_rows_.size(), packed.columns()});
    for (Index i = 0; i < target_rows_.size(); ++i) {
      std::copy_n(packed.row(first + target_rows_[i]), packed.columns(), ordered.row(i));
    }
    return ordered;
  }

  /// The way back.
  template <class T>
  Tensor<T, 2> in_packed_order(const Tensor<T, 2>& ordered) const {
    auto packed = Tensor<T, 2>::uninitialized(ordered.shape());
    for (Index i = 0; i < target_rows_.size(); ++i) {
      std::copy_n(ordered.row(i), ordered.columns(), packed.row(target_rows_[i]));
    }
    return packed;
  }

  /// One row an image as the rows of its captions, by rank: into the first rows of `ranked`.
  template <class T>
  void copy_to_ranks(const Tensor<T, 2>& images, Tensor<T, 2>& ranked) const {
    for (Index rank = 0; rank < image_of_rank_.size(); ++rank) {
      std::copy_n(images.row(image_of_rank_[rank]), images.columns(), ranked.row(rank));
    }
  }

 private:
  void pack(std::span<const CaptionBlock> blocks) {
    PoolVector<Index> lengths;  // asks nothing of the system
    for (const CaptionBlock& block : blocks) lengths.insert(lengths.end(), block.lengths.begin(), block.lengths.end());
    const Index time = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
    sequences_ = kernels::PackedSequences(time, static_cast<Index>(lengths.size()), lengths);
  }

  kernels::PackedSequences sequences_;
  Tensor<std::int32_t, 1> words_;
  Tensor<Index, 1> target_rows_;  // the packed row of every target
  Tensor<Index, 1> image_of_rank_;
  Tensor<Index, 1> image_of_row_;
  kernels::RowsByItem ranks_of_images_;
  kernels::RowsByItem rows_of_images_;
};

}  // namespace pupil::captioning
