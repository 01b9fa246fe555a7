#pragma once
// Contexts of layers that are chosen at run time, in a variant of the contexts of all.

#include <string_view>
#include <variant>

#include <pupil/core/errors.hpp>

namespace pupil::detail {

/// For a forward of the layer with the context Own: that context; a fresh one where another layer used it before.
template <class Own, class... Contexts>
Own& context_to_fill(std::variant<Contexts...>& context) {
  if (Own* const own = std::get_if<Own>(&context)) return *own;
  return context.template emplace<Own>();
}

/// For its backward: that context. Throws ContextError, in the layer's name, where it is another layer's.
template <class Own, class... Contexts>
const Own& context_to_read(const std::variant<Contexts...>& context, std::string_view layer) {
  const Own* const own = std::get_if<Own>(&context);
  require<ContextError>(own != nullptr, layer, ": the context is not of a forward of this ", layer);
  return *own;
}

}  // namespace pupil::detail
