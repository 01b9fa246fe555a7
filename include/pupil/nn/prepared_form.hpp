#pragma once
// PreparedForm: beside the weights of a layer, what prepare() (prepare.hpp) made of them.

#include <type_traits>
#include <utility>

#include <pupil/nn/parameter.hpp>

namespace pupil::detail {

/// The visitor for which layers prepare their weights. It sees parameters, as every visitor does, and leaves them
/// alone.
struct WeightPreparer {
  template <class Item>
  void operator()(const Name&, Item&) const {}
};

/// Whether a layer that this visitor visits is to prepare its weights.
template <class Visitor>
inline constexpr bool prepares_weights = std::is_same_v<std::remove_cvref_t<Visitor>, WeightPreparer>;

/// A Form of weights, as products read them; one by default is empty. It belongs to the model that was prepared, which
/// nobody changes any more. A copy of a layer may be trained, so it begins without.
template <class Form>
class PreparedForm {
 public:
  PreparedForm() = default;
  PreparedForm(const PreparedForm&) {}
  PreparedForm& operator=(const PreparedForm&) {
    form_ = Form();
    return *this;
  }
  PreparedForm(PreparedForm&&) = default;
  PreparedForm& operator=(PreparedForm&&) = default;
  ~PreparedForm() = default;

  PreparedForm& operator=(Form form) {
    form_ = std::move(form);
    return *this;
  }

  const Form& operator*() const { return form_; }
  const Form* operator->() const { return &form_; }

 private:
  Form form_;
};

}  // namespace pupil::detail
