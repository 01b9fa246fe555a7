#pragma once
// How much of the machine's processors a Linux control group leaves to a process: what a container, a batch system or
// systemd's CPUQuota= sets. Nested groups each have a limit, and the lowest counts.

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/function_ref.hpp>

namespace pupil::detail::control_group {

/// Gives a file's text, or nothing where it cannot be read.
using ReadFile = FunctionRef<std::optional<std::string>(const std::string&)>;

inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

inline bool contains(const std::vector<std::string_view>& parts, std::string_view part) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

inline std::optional<double> number_in(std::string_view text) {
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return static_cast<double>(number);
}

inline constexpr double no_quota = std::numeric_limits<double>::infinity();

inline double quota_of(std::optional<double> microseconds, std::optional<double> period) {
  return microseconds && period && *microseconds > 0 && *period > 0 ? *microseconds / *period : no_quota;
}

/// The limit of one group, which is a folder: `cpu.max` of version 2 ("150000 100000" or "max 100000"), or version 1's
/// two files (-1 where there is no limit).
inline double quota_of_group(const std::string& folder, ReadFile read) {
  if (const auto max = read(folder + "/cpu.max")) {
    const auto parts = split(*max, ' ');
    return parts.size() == 2 ? quota_of(number_in(parts[0]), number_in(parts[1])) : no_quota;
  }
  const auto quota = read(folder + "/cpu.cfs_quota_us");
  const auto period = read(folder + "/cpu.cfs_period_us");
  return quota && period ? quota_of(number_in(*quota), number_in(*period)) : no_quota;
}

/// Where a hierarchy of groups is mounted, and which of its groups stands there.
struct GroupMount {
  std::string_view group;
  std::string_view folder;
};

/// The mount of the hierarchy with the controller `cpu`, or of version 2, from a line of /proc/self/mountinfo:
/// `31 23 0:28 /group /folder options [tags] - type source superoptions`.
inline std::optional<GroupMount> group_mount(std::string_view line, bool version_2) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto left = split(line.substr(0, dash), ' ');
  const auto right = split(line.substr(dash + 3), ' ');
  if (left.size() < 5 || right.size() < 3) return std::nullopt;
  const bool found = version_2 ? right[0] == "cgroup2" : right[0] == "cgroup" && contains(split(right[2], ','), "cpu");
  return found ? std::optional(GroupMount{left[3], left[4]}) : std::nullopt;
}

/// The lowest limit of a group and all around it that this mount shows. A group that lies outside of the mount, as in a
/// container that sees the name which it has on the host, is what stands at the mount.
inline double lowest_quota(const GroupMount& mount, std::string_view group, ReadFile read) {
  const std::string_view root = mount.group == "/" ? "" : mount.group;
  const bool below = group.starts_with(root) && (group.size() == root.size() || group[root.size()] == '/');
  std::string_view path = below ? group.substr(root.size()) : std::string_view();
  double lowest = no_quota;
  while (true) {
    if (path == "/") path = {};
    lowest = std::min(lowest, quota_of_group(std::string(mount.folder) + std::string(path), read));
    if (path.empty()) return lowest;
    path = path.substr(0, path.rfind('/'));
  }
}

/// How many processors' time the process may use, such as 1.5; infinite where there is no limit. `read` reads
/// /proc/self/cgroup, /proc/self/mountinfo and the groups' files.
inline double cpu_quota(ReadFile read) {
  const auto groups = read("/proc/self/cgroup");
  const auto mounts = read("/proc/self/mountinfo");
  if (!groups || !mounts) return no_quota;
  double lowest = no_quota;
  for (const std::string_view line : split(*groups, '\n')) {  // hierarchy:controllers:/group
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !contains(split(controllers, ','), "cpu")) continue;
    for (const std::string_view mount_line : split(*mounts, '\n')) {
      const auto mount = group_mount(mount_line, controllers.empty());
      if (mount) lowest = std::min(lowest, lowest_quota(*mount, line.substr(second + 1), read));
    }
  }
  return lowest;
}

}  // namespace pupil::detail::control_group
