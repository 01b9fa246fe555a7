#pragma once
// DistributedGradients: the gradients of one batch that several processes share. Each computes those of its part, and
// all get the mean, while backward still computes others. Li et al., "PyTorch distributed: experiences on accelerating
// data parallel training", 2020. PyTorch's twin is torch.nn.parallel.DistributedDataParallel.
//
//   const auto ranks = Communicator::world();
//   DistributedGradients<float> gradients(ranks, net);
//   for (...) {
//     auto loss = softmax_cross_entropy(net.forward(images, context), labels);  // of this rank's part
//     net.backward(loss.gradient, context, [&](auto& layer) { gradients.finished(layer); });
//     gradients.finish();
//     adam.step(net);
//   }
//
// All ranks begin with the same weights (the same seed, or the same file), and as their gradients are the same bits, so
// are their weights after every step.
//
// Sums that do not depend on how many ranks there are need a batch that is cut into as many shards in every case:
//
//   DistributedGradients<float> gradients(ranks, net, {.reduction = GradientReduction::exact, .shards = 12});
//   for (...) {
//     for (Index i = 0; i < gradients.shards_here(); ++i) {
//       const Index shard = gradients.begin_shard();
//       ...forward and backward of this shard...
//       gradients.add_shard();
//     }
//     gradients.finish();
//     adam.step(net);
//   }

#include <cstddef>
#include <span>
#include <vector>

#include <pupil/core/move_mark.hpp>
#include <pupil/distributed/announcements.hpp>
#include <pupil/distributed/bucket_filling.hpp>
#include <pupil/distributed/communicator.hpp>
#include <pupil/distributed/progress_thread.hpp>
#include <pupil/distributed/rank_sums.hpp>
#include <pupil/distributed/shard_start.hpp>
#include <pupil/distributed/sum_buckets.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// What gradients are sent as.
enum class GradientWire {
  fp32,  ///< as they are
  /// Half the bytes of floats. Each rank's numbers are rounded to the nearest bf16, added in the order of ranks without
  /// rounding to bf16 between, and the sum is rounded once more. Each rounding is off by 2^-8 of the number or less, so
  /// the sum by 2^-7 of the sum of the magnitudes or less.
  bf16,
};

/// How the sums of all ranks are computed.
enum class GradientReduction {
  library,  ///< MPI's own sum, in an order that depends on the number of ranks
  /// The shards of the batch are added in their order, so any number of ranks gives the same bits. Each rank sends
  /// (shards / ranks + 1) / 2 times the bytes of a ring's sum, as many where each has one shard, and keeps two copies
  /// of its shards' gradients.
  exact,
};

/// What becomes of the sums.
enum class GradientScale {
  mean,  ///< over ranks or shards, for losses that are means over as many examples each
  sum,   ///< for gradients that were divided by the number of examples of the whole batch
};

struct DistributedGradientsOptions {
  Index bucket_bytes = 4 * 1024 * 1024;  ///< how much is sent at once; a larger parameter is sent alone
  GradientWire wire = GradientWire::fp32;
  GradientReduction reduction = GradientReduction::library;
  Index shards = 0;  ///< of the whole batch, for the exact reduction: a multiple of the number of ranks
  GradientScale scale = GradientScale::mean;
};

/// Of one model of scalar T, which must outlive this in its place. To make one, to `finish` and to destroy it are
/// collective; of `finished` each rank may make other calls, in another order, or none: the sums are the same bits.
/// Gradients lie in buckets in the reverse of the model's order, and all ranks send the buckets in this order, each as
/// soon as all of it is finished. After the first step nothing is allocated.
///
/// Buffers of scalar T, such as the running averages of batch norms, become their mean over ranks or shards in every
/// `finish`; what is the same on all stays exactly that. Others, such as counts of batches, stay each rank's own; of
/// several shards, the first one's.
///
/// Where an exception comes between `finished` and `finish`, the ranks are no longer in step: end them (run_ranks).
template <class T>
class DistributedGradients {
 public:
  /// Throws OptionError for buckets that hold nothing, for shards that the ranks cannot share out equally, and for
  /// shards without an exact reduction.
  DistributedGradients(const Communicator& communicator, const ModelRefOf<T>& model,
                       const DistributedGradientsOptions& options = {})
      : communicator_(communicator), model_(model), options_(options), announcements_(model) {
    check_options();
    if (is_alone()) return;
    first_ = communicator.duplicate();
    last_ = communicator.duplicate();
    place_gradients();
    place_buffers();
  }

  /// Says that backward will not add to the gradients of this part of the model any more in this step; it is a layer,
  /// or anything with `visit`. Sends the buckets that are complete. A parameter with several names is complete when
  /// that was said for each of them. Where a rank has several shards it does nothing: one is not all.
  /// Throws ShapeError for what is no part of the model, and ContextError for what was complete before, or where shards
  /// are summed and none has begun.
  void finished(const ModelRef& part) {
    moved_.check("distributed_gradients");
    if (is_alone() || shards_here() > 1) return;
    require<ContextError>(!is_exact() || is_in_shard_, "distributed_gradients: no shard has begun that is finished");
    send_finished(part);
    if (communicator_.size() > 1) progress_.begin([this] { buckets_.advance(); });  // one alone may have no MPI
  }

  /// Goes on with what was sent, as `finished` does too, without waiting. MPI does its part in calls such as these, and
  /// in those alone. Where it lets several threads call it (MPI_THREAD_MULTIPLE, which pupil asks for), a thread makes
  /// such a call every millisecond from the first `finished` to `finish`, in which this must not be moved.
  void advance() {
    const auto lock = progress_.lock();
    buckets_.advance();
  }

  /// How many shards this rank computes in each step, 0 without an exact reduction.
  Index shards_here() const { return options_.shards / communicator_.size(); }

  /// Sets the gradients to zero, and the buffers to what they were at the start of the step; generators draw other
  /// numbers for each shard, the same on any rank. Returns the shard's number in the whole batch: those of a rank
  /// follow each other. Throws ContextError where shards_here() were added already, and in the middle of one.
  Index begin_shard() {
    moved_.check("distributed_gradients");
    require<ContextError>(is_exact(), "distributed_gradients: shards are for an exact reduction");
    require<ContextError>(!is_in_shard_, "distributed_gradients: a shard began before the last one was added");
    require<ContextError>(added_ < shards_here(), "distributed_gradients: all ", added_,
                          " shards of this rank were added, it is time to finish");
    if (added_ == 0) start_.remember(model_);
    const Index shard = communicator_.rank() * shards_here() + added_;
    start_.begin(model_, shard);
    zero_gradients(model_);
    is_in_shard_ = true;
    return shard;
  }

  /// Keeps the gradients and buffers of the shard that began last. Throws ContextError where there is none.
  void add_shard() {
    require<ContextError>(is_in_shard_, "distributed_gradients: no shard has begun that could be added");
    const auto lock = progress_.lock();
    put_what_was_not_announced(added_);
    // A later shard may have had no part of the batch, and the counts would depend on which rank has it.
    if (added_ == 0) start_.keep_first(model_);
    ++added_;
    is_in_shard_ = false;
  }

  /// Sends what was not announced, waits, and leaves in every gradient the mean over ranks or shards, or the sum.
  /// Throws ContextError where shards are missing, and ShapeError where the model is another than at the beginning.
  void finish() {
    moved_.check("distributed_gradients");
    if (is_alone()) return;
    progress_.end();
    if (is_exact()) {
      require<ContextError>(added_ == shards_here() && !is_in_shard_, "distributed_gradients: ", added_, " of ",
                            shards_here(), " shards of this rank were added");
    } else {
      put_what_was_not_announced(0);
    }
    buckets_.finish();
    if (is_exact()) start_.put_first(model_);
    take_all();
    if (is_exact()) start_.end(model_, options_.shards);
    added_ = 0;
    announcements_.reset();
  }

 private:
  using Buckets = detail::SumBuckets<T>;

  /// Whether the mean is there already, as that of one.
  bool is_alone() const { return communicator_.size() == 1 && !is_exact(); }
  bool is_exact() const { return options_.reduction == GradientReduction::exact; }

  void check_options() const {
    require<OptionError>(options_.bucket_bytes >= Index{sizeof(T)}, "distributed_gradients: a bucket of ",
                         options_.bucket_bytes, " bytes holds no number");
    if (is_exact()) {
      require<OptionError>(options_.shards >= 1 && options_.shards % communicator_.size() == 0,
                           "distributed_gradients: ", communicator_.size(), " ranks cannot share out ", options_.shards,
                           " shards equally");
    } else {
      require<OptionError>(options_.shards == 0, "distributed_gradients: ", options_.shards,
                           " shards are for an exact reduction only");
    }
  }

  // Backward comes to the last layer first, so its gradients lie in the first bucket.
  void place_gradients() {
    std::vector<Index> sizes;
    model_.for_each(ItemKind::parameter,
                    [&](const Name&, const ModelItem& parameter) { sizes.push_back(parameter.size()); });
    detail::BucketFilling filling(options_.bucket_bytes / Index{sizeof(T)});
    gradients_.resize(sizes.size());
    std::vector<Index> parts;
    for (std::size_t i = sizes.size(); i-- > 0;) {
      gradients_[i] = filling.add(sizes[i]);
      parts.resize(filling.sizes().size());
      ++parts.back();
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      buckets_.add(gradient_sum(filling.sizes()[i]), parts[i]);
    }
  }

  typename Buckets::Sum gradient_sum(Index size) const {
    if (options_.wire == GradientWire::bf16) return ordered<typename Buckets::Rounded>(size, detail::ShardRule::sum);
    if (is_exact()) return ordered<typename Buckets::SameNumbers>(size, detail::ShardRule::sum);
    return detail::LibrarySum<T>(first_, size);
  }

  template <class Wire>
  detail::OrderedSum<T, Wire> ordered(Index size, detail::ShardRule rule) const {
    return {first_, last_, size, is_exact() ? shards_here() : 1, rule};
  }

  // Nobody announces buffers: their bucket is the last.
  void place_buffers() {
    Index size = 0;
    model_.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& buffer) {
      if (!buffer.holds<T>()) return;
      buffers_.push_back({.bucket = buckets_.size(), .offset = size, .size = buffer.size()});
      size += buffer.size();
    });
    if (size > 0) buckets_.add(ordered<typename Buckets::SameNumbers>(size, detail::ShardRule::mean), 1);
  }

  /// Calls `use(number, place, gradient)` for every parameter.
  template <class Use>
  void each_gradient(const Use& use) const {
    std::size_t i = 0;
    model_.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) {
      if (i < gradients_.size()) use(i, gradients_[i], parameter.gradient<T>());
      ++i;
    });
    check_count(gradients_, i);
  }

  /// Calls `use(place, buffer)` for every buffer of this scalar.
  template <class Use>
  void each_buffer(const Use& use) const {
    std::size_t i = 0;
    model_.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& buffer) {
      if (!buffer.holds<T>()) return;
      if (i < buffers_.size()) use(buffers_[i], buffer.values<T>());
      ++i;
    });
    check_count(buffers_, i);
  }

  void send_finished(const ModelRef& part) {
    const auto lock = progress_.lock();
    part.for_each_name(ItemKind::parameter, [&](const Name& name, const ModelItem& item, detail::VisitedItems::Place) {
      if (const auto parameter = announcements_.announce(name, item)) {
        const detail::BucketPlace& place = gradients_[*parameter];
        buckets_.put(place, 0, item.gradient<T>());
        buckets_.complete(place);
      }
    });
    buckets_.start_complete();
    buckets_.advance();
  }

  static void check_count(const std::vector<detail::BucketPlace>& places, std::size_t count) {
    require<ShapeError>(count == places.size(), "distributed_gradients: the model has ", count,
                        " parameters or buffers, this was made for ", places.size());
  }

  void put_what_was_not_announced(Index shard) {
    each_gradient([&](std::size_t parameter, const detail::BucketPlace& place, std::span<T> gradient) {
      if (!announcements_.is_complete(parameter)) buckets_.put(place, shard, gradient);
    });
    each_buffer([&](const detail::BucketPlace& place, std::span<T> buffer) { buckets_.put(place, shard, buffer); });
  }

  void take_all() const {
    const Index count = is_exact() ? options_.shards : communicator_.size();
    const T factor = options_.scale == GradientScale::mean ? T(1) / static_cast<T>(count) : T(1);
    each_gradient([&](std::size_t, const detail::BucketPlace& place, std::span<T> gradient) {
      buckets_.take(place, gradient, factor);
    });
    each_buffer([&](const detail::BucketPlace& place, std::span<T> buffer) { buckets_.take(place, buffer, T(1)); });
  }

  Communicator communicator_;
  Communicator first_;  // for the first exchange of every bucket, and for the last: see OrderedSum
  Communicator last_;
  ModelRefOf<T> model_;
  DistributedGradientsOptions options_;
  detail::Announcements announcements_;
  detail::ShardStart start_;
  std::vector<detail::BucketPlace> gradients_;
  std::vector<detail::BucketPlace> buffers_;
  Buckets buckets_;
  detail::ProgressThread progress_;  // ends before the buckets
  Index added_ = 0;                  // how many shards of this rank, in this step
  bool is_in_shard_ = false;
  MoveMark moved_;
};

}  // namespace pupil
