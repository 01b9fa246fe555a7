#pragma once
// The names that a model's parameters, buffers and generators have in a file. What has several names in the model (a
// weight that two layers share) may stand in the file under any of them, or under all.

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/io/safetensors.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// What begins with this in a file says something of the model, and is no part of it.
inline constexpr std::string_view about_model_prefix = "about.";

}  // namespace pupil

namespace pupil::detail {

/// Reads what a model has under `prefix` in a file, and remembers what it came to.
class StateDictNames {
 public:
  StateDictNames(const SafetensorsFile& file, const std::string& prefix) : file_(file), prefix_(prefix) {}

  /// The first names, of items of this kind, of those that the file has under none of their names.
  std::vector<std::string> missing(ItemKind kind, const ModelRef& model) const {
    std::vector<std::string> names;
    for (const std::vector<std::string>& own : names_of_items(kind, model)) {
      if (const std::string& chosen = chosen_name(own); !file_.contains(chosen)) names.push_back(chosen);
    }
    return names;
  }

  /// What the file has under the prefix, of a model, that is none of the names of this model's items of these kinds.
  std::vector<std::string> unexpected(std::span<const ItemKind> kinds, const ModelRef& model) const {
    std::set<std::string> expected;
    for (const ItemKind kind : kinds) {
      for (const std::vector<std::string>& own : names_of_items(kind, model)) expected.insert(own.begin(), own.end());
    }
    std::vector<std::string> names = file_.names();
    std::erase_if(names, [&](const std::string& name) { return !is_of_model(name) || expected.contains(name); });
    return names;
  }

  /// Calls `read(name, item)` once for every item of this Kind, with the first of its names that is in the file, or
  /// with its first where none is. Throws FileError where the file has two of its names, and they are not the same.
  void read_each(ItemKind kind, const ModelRef& model, FunctionRef<void(const std::string&, const ModelItem&)> read) {
    const std::vector<std::vector<std::string>> names = names_of_items(kind, model);
    std::size_t i = 0;
    model.for_each(kind, [&](const Name&, const ModelItem& item) {
      const std::vector<std::string>& own = names[i++];
      expected_.insert(own.begin(), own.end());
      const std::string& chosen = chosen_name(own);
      read(chosen, item);
      for (const std::string& name : own) require_same(chosen, name);
    });
  }

  /// Throws FileError, naming it, where the file has a tensor of a model under the prefix that was not read.
  void require_all_read() const {
    for (const std::string& name : file_.names()) {
      file_.require_tensor(!is_of_model(name) || expected_.contains(name), name, "has no place in this model");
    }
  }

 private:
  bool is_of_model(const std::string& name) const {
    return name.starts_with(prefix_) && !name.starts_with(about_model_prefix);
  }

  // All names of each item of this kind, with the prefix, in the model's order.
  std::vector<std::vector<std::string>> names_of_items(ItemKind kind, const ModelRef& model) const {
    std::vector<std::vector<std::string>> names;
    model.for_each_name(kind, [&](const Name& name, const ModelItem&, VisitedItems::Place place) {
      if (place.is_new) names.emplace_back();
      names[static_cast<std::size_t>(place.index)].push_back(prefix_ + name.str());
    });
    return names;
  }

  const std::string& chosen_name(const std::vector<std::string>& names) const {
    const auto found = std::ranges::find_if(names, [&](const std::string& name) { return file_.contains(name); });
    return found == names.end() ? names.front() : *found;
  }

  void require_same(const std::string& chosen, const std::string& name) const {
    if (name == chosen || !file_.contains(name)) return;
    const TensorInfo& a = file_.info(chosen);
    const TensorInfo& b = file_.info(name);
    const bool same =
        a.dtype == b.dtype && a.shape == b.shape && std::ranges::equal(file_.raw(chosen), file_.raw(name));
    file_.require_tensor(same, name, "is not what ", json_quoted(chosen), " is; in this model they are one");
  }

  const SafetensorsFile& file_;
  const std::string& prefix_;
  std::set<std::string> expected_;
};

}  // namespace pupil::detail
