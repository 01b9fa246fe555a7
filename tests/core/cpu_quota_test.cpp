#include <map>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/cpu_quota.hpp>

using namespace pupil;
using namespace pupil::detail::control_group;

namespace {

using Files = std::map<std::string, std::string>;

/// The quota of a process on a machine where these files are.
double quota_with(const Files& files) {
  return cpu_quota([&](const std::string& path) -> std::optional<std::string> {
    const auto file = files.find(path);
    return file == files.end() ? std::nullopt : std::optional(file->second);
  });
}

/// A machine with version 2 alone, where the process is in `group`.
Files version_2(const std::string& group, Files quotas) {
  quotas["/proc/self/cgroup"] = "0::" + group + "\n";
  quotas["/proc/self/mountinfo"] =
      "24 30 0:22 / /proc rw,relatime shared:13 - proc proc rw\n"
      "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  return quotas;
}

/// A machine with version 1 and an empty hierarchy of version 2.
Files version_1(const std::string& group, const std::string& mounted_group, Files quotas) {
  quotas["/proc/self/cgroup"] = "9:cpuset:/elsewhere\n4:cpu,cpuacct:" + group + "\n1:name=systemd:/x\n0::/\n";
  quotas["/proc/self/mountinfo"] =
      "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"
      "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
      "32 31 0:29 " +
      mounted_group +
      " /sys/fs/cgroup/cpu,cpuacct rw,nosuid master:11 - cgroup cgroup rw,cpu,cpuacct\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  return quotas;
}

}  // namespace

TEST_CASE("without control groups, or without a limit, there is no quota") {
  CHECK(quota_with({}) == no_quota);
  CHECK(quota_with(version_2("/", {})) == no_quota);
  CHECK(quota_with(version_2("/a", {{"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}})) == no_quota);
  CHECK(quota_with(version_1("/", "/",
                             {{"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
                              {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}})) == no_quota);
}

TEST_CASE("a quota of version 2 is microseconds in a period") {
  CHECK(quota_with(version_2("/a", {{"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"}})) == 1.5);
  CHECK(quota_with(version_2("/", {{"/sys/fs/cgroup/cpu.max", "50000 200000\n"}})) == 0.25);
}

TEST_CASE("of nested groups the lowest quota counts, whichever it is") {
  const std::string folder = "/sys/fs/cgroup";
  const Files outer{{folder + "/a/cpu.max", "200000 100000\n"}, {folder + "/a/b/c/cpu.max", "300000 100000\n"}};
  CHECK(quota_with(version_2("/a/b/c", outer)) == 2);
  const Files inner{{folder + "/a/cpu.max", "200000 100000\n"}, {folder + "/a/b/c/cpu.max", "70000 100000\n"}};
  CHECK(quota_with(version_2("/a/b/c", inner)) == 0.7);
}

TEST_CASE("a quota of version 1 is two files, in the hierarchy that has the controller cpu") {
  const std::string folder = "/sys/fs/cgroup/cpu,cpuacct";
  const Files files{{folder + "/docker/7/cpu.cfs_quota_us", "250000\n"},
                    {folder + "/docker/7/cpu.cfs_period_us", "100000\n"},
                    {folder + "/docker/cpu.cfs_quota_us", "-1\n"},
                    {folder + "/docker/cpu.cfs_period_us", "100000\n"}};
  CHECK(quota_with(version_1("/docker/7", "/", files)) == 2.5);
  CHECK(quota_with(version_1("/docker", "/", files)) == no_quota);
}

TEST_CASE("a container sees its own group where the hierarchy is mounted, whatever name it has on the host") {
  const std::string folder = "/sys/fs/cgroup/cpu,cpuacct";
  const Files files{{folder + "/cpu.cfs_quota_us", "100000\n"},
                    {folder + "/cpu.cfs_period_us", "100000\n"},
                    {folder + "/inside/cpu.cfs_quota_us", "50000\n"},
                    {folder + "/inside/cpu.cfs_period_us", "100000\n"}};
  CHECK(quota_with(version_1("/docker/7", "/docker/7", files)) == 1);
  CHECK(quota_with(version_1("/docker/7/inside", "/docker/7", files)) == 0.5);
  CHECK(quota_with(version_1("/docker/77", "/docker/7", files)) == 1);
  CHECK(quota_with(version_2("/../../host", {{"/sys/fs/cgroup/cpu.max", "100000 100000\n"}})) == 1);
}

TEST_CASE("files that say something else are no quota") {
  for (const std::string text :
       {"", "\n", "max\n", "abc 100000\n", "100000\n", "0 100000\n", "100000 0\n", "-5 100000\n"}) {
    CAPTURE(text);
    CHECK(quota_with(version_2("/", {{"/sys/fs/cgroup/cpu.max", text}})) == no_quota);
  }
  Files files = version_2("/", {{"/sys/fs/cgroup/cpu.max", "100000 100000\n"}});
  files["/proc/self/cgroup"] = "no colons\n:\n0::/\n";
  files["/proc/self/mountinfo"] += "too short - cgroup2\n1 2 3\n";
  CHECK(quota_with(files) == 1);
}
