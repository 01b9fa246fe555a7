#pragma once
// What tells the images of data sets from each other, wherever their files lie: their names and their contents.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil::captioning {

/// Hashes of an image's name and of the bytes of its file.
struct ImageIdentity {
  std::uint64_t name = 0;
  std::uint64_t content = 0;  ///< 0 where the file cannot be read

  auto operator<=>(const ImageIdentity&) const = default;
};

/// The identity of one file; reads all of it.
inline ImageIdentity identify_image(const std::filesystem::path& folder, std::string_view name) {
  ImageIdentity identity{hash_bytes(name), 0};
  try {
    const MappedFile file(folder / name);
    const auto bytes = file.bytes();
    identity.content = hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const FileError&) {
    // that it cannot be read is told where it is decoded
  }
  return identity;
}

/// The identities of files in a folder, in their order.
inline std::vector<ImageIdentity> identify_images(const std::filesystem::path& folder,
                                                  std::span<const std::string> names) {
  std::vector<ImageIdentity> identities(names.size());
  parallel_for(static_cast<Index>(names.size()), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    identities[at] = identify_image(folder, names[at]);
  });
  return identities;
}

/// 16 digits that depend on every identity, in this order.
inline std::string hash_identities(std::span<const ImageIdentity> identities) {
  std::uint64_t hash = empty_hash;
  for (const ImageIdentity& identity : identities)
    hash = hash_number(identity.content, hash_number(identity.name, hash));
  return hash_digits(hash);
}

}  // namespace pupil::captioning
