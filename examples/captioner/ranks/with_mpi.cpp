// Ranks by MPI, in a program that was built with it.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include <pupil/distributed/communicator.hpp>
#include <pupil/distributed/distributed_gradients.hpp>
#include <pupil/distributed/run_ranks.hpp>
#include <pupil/distributed/sync_batch_norm.hpp>

#include "../../command_line/program.hpp"
#include "../common/interruption.hpp"
#include "ranks.hpp"

namespace captioner {

namespace {

using pupil::Index;

class MpiShardedGradients final : public ShardedGradients {
 public:
  MpiShardedGradients(const pupil::Communicator& communicator, pupil::captioning::TrainedPart<float> trained,
                      Index shards)
      : communicator_(communicator),
        trained_(std::move(trained)),
        shards_(shards),
        gradients_(
            communicator, trained_,
            {.reduction = pupil::GradientReduction::exact, .shards = shards, .scale = pupil::GradientScale::sum}) {}

  Index shards() const override { return shards_; }

  void share_statistics(bool whole) override {
    if (whole == shares_statistics_) return;
    pupil::synchronize_batch_norms(trained_, whole ? communicator_ : pupil::Communicator());
    shares_statistics_ = whole;
  }

  void sum(pupil::FunctionRef<void(Index shard, pupil::FinishedPart finished)> compute) override {
    const auto finished = [&](const pupil::ModelRef& part) { gradients_.finished(part); };
    for (Index i = 0; i < gradients_.shards_here(); ++i) {
      compute(gradients_.begin_shard(), finished);
      gradients_.add_shard();
    }
    gradients_.finish();
  }

 private:
  pupil::Communicator communicator_;
  pupil::captioning::TrainedPart<float> trained_;
  Index shards_;
  bool shares_statistics_ = false;
  pupil::DistributedGradients<float> gradients_;
};

/// Which processors this process may use, as the system writes it; empty where it does not say.
std::string processors_of_process() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with("Cpus_allowed_list:")) continue;
  return status ? line : "";
}

/// The same number on all ranks of this machine, and on no others: the first of their ranks in the world.
Index machine_of(const pupil::Communicator& communicator) {
  MPI_Comm here = MPI_COMM_NULL;
  pupil::detail::check_mpi(MPI_Comm_split_type(communicator.native(), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here),
                           "find the ranks of this machine");
  std::int64_t first = communicator.rank();
  pupil::detail::check_mpi(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT64_T, MPI_MIN, here),
                           "find the first rank of this machine");
  pupil::detail::check_mpi(MPI_Comm_free(&here), "free a communicator");
  return first;
}

class MpiRanks final : public Ranks {
 public:
  explicit MpiRanks(pupil::Communicator communicator) : communicator_(std::move(communicator)) {
    if (is_alone()) return;
    const std::string mine = pupil::message(machine_of(communicator_), ' ', processors_of_process());
    sharing_ = std::ranges::count(communicator_.all_gather(mine), mine);
  }

  Index rank() const override { return communicator_.rank(); }
  Index size() const override { return communicator_.size(); }
  Index sharing_processors() const override { return sharing_; }
  void wait_for_all() const override { communicator_.barrier(); }
  std::vector<std::string> gather(std::string_view bytes) const override { return communicator_.all_gather(bytes); }
  std::vector<std::string> gather_on_first(std::string_view bytes) const override {
    return communicator_.gather(bytes);
  }
  std::string broadcast(std::string_view bytes) const override {
    std::array<Index, 1> length{static_cast<Index>(bytes.size())};
    communicator_.broadcast(length);
    std::string of_first(bytes);
    of_first.resize(static_cast<std::size_t>(length.front()));
    communicator_.broadcast(of_first);
    return of_first;
  }
  void require_same(std::string_view name, const std::string& value) const override {
    communicator_.require_same(name, value);
  }

  void run(pupil::FunctionRef<void()> work) const override {
    const auto fail = [&](Index rank, std::string_view error) {
      command_line::complain("captioner", pupil::message("rank ", rank, ": ", error));
      communicator_.abort(is_interrupted() ? interrupted_status() : command_line::exit_error);
    };
    const auto work_or_end = [&] {
      try {
        work();
      } catch (...) {
        if (!is_alone()) end_at_interruptions();  // by which the rank that tells of it first ends the others
        throw;
      }
    };
    pupil::run_ranks(communicator_, work_or_end, fail);
  }

  std::unique_ptr<ShardedGradients> shard_gradients(pupil::captioning::TrainedPart<float> trained,
                                                    Index shards) const override {
    if (is_alone() && shards == 0) return nullptr;
    return std::make_unique<MpiShardedGradients>(communicator_, std::move(trained), shards > 0 ? shards : size());
  }

 private:
  pupil::Communicator communicator_;
  Index sharing_ = 1;
};

/// Whether something started this process that has to do with MPI. To begin MPI without need takes time, and leaves
/// files behind where the process is killed.
bool is_started_by_mpi() {
  constexpr std::array variables{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MV2_COMM_WORLD_RANK"};
  return std::ranges::any_of(variables, [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace

std::unique_ptr<const Ranks> start_ranks() {
  return std::make_unique<const MpiRanks>(is_started_by_mpi() ? pupil::Communicator::world() : pupil::Communicator());
}

}  // namespace captioner
