#pragma once
// What an optimizer remembers: one tensor of numbers for each parameter of a model, such as a running mean of its
// gradient.

#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/optim/known_parameters.hpp>

namespace pupil {

/// One tensor a parameter, in the order in which the model visits them. Each is as large as its parameter, in one
/// dimension.
template <class T>
class ParameterState {
 public:
  /// `name` is what a checkpoint calls it: `exp_avg` gives `exp_avg.conv1.weight`. All numbers begin as `initial`.
  explicit ParameterState(std::string_view name, T initial = 0) : name_(name), initial_(initial) {}

  /// Makes the tensors where there are none yet; none for parameters that are not trained.
  void prepare(const KnownParameters& parameters) {
    if (!entries_.empty()) return;
    for (const KnownParameter& parameter : parameters) {
      const Index size = parameter.is_trained ? parameter.size() : 0;
      entries_.push_back({parameter.name, parameter.is_trained, Tensor<T, 1>::full({size}, initial_)});
    }
  }

  /// The numbers of the parameter that is visited as the i-th, where it has any.
  T* operator[](std::size_t i) { return entries_[i].values.data(); }

  /// Visits the tensors as buffers.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    const Name state = name / std::string_view(name_);
    for (Entry& entry : entries_) {
      if (entry.is_trained) visitor(state / std::string_view(entry.parameter), entry.values);
    }
  }

 private:
  struct Entry {
    std::string parameter;
    bool is_trained;
    Tensor<T, 1> values;
  };

  std::string name_;
  T initial_;
  std::vector<Entry> entries_;
};

}  // namespace pupil
