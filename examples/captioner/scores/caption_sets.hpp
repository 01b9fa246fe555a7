#pragma once
// The captions that score reads: candidates, which are judged, and references, which people wrote. Either comes as JSON
// in COCO's forms or as text, which is told apart by how a file begins.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace captioner {

/// A caption to judge.
struct Candidate {
  std::string image;    ///< as it is written: an id, a name or a path
  std::string caption;  ///< may have no word
  std::string place;    ///< where it stands, for messages: "line 3", "entry 3"
};

/// Reads COCO's results, an array of {"image_id": number or text, "caption": text}, or CSV with the columns image and
/// caption. What was left out is said in lines that are added to `remarks`. Throws FileError, with the line or the
/// entry, where the file is neither, or has no candidate.
std::vector<Candidate> read_candidates(const std::string& path, std::vector<std::string>& remarks);

/// An image, and what people wrote of it.
struct CaptionedName {
  std::string name;                   ///< of its file, or its id where the file is not named
  std::vector<std::string> captions;  ///< each with a word
};

/// The references of a set of images.
class References {
 public:
  const std::vector<CaptionedName>& images() const { return images_; }

  /// Another image, which is also known by this id, where it has one. Throws FileError, beginning with `path`, where
  /// another image has that name or id.
  void add(CaptionedName image, const std::optional<std::string>& id, const std::string& path);

  /// The image by its id, by its name, or by a path that ends in its name.
  std::optional<std::size_t> find(std::string_view written) const;

 private:
  std::vector<CaptionedName> images_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<std::string, std::size_t> by_id_;
};

/// Reads COCO's annotations, {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}, Flickr8k's
/// captions.txt as CSV, or its Flickr8k.token.txt. Captions without a word are left out, which is said in `remarks`,
/// and so are images without a caption. Throws FileError, with the line or the entry, where the file is none of these,
/// or has no caption.
References read_references(const std::string& path, std::vector<std::string>& remarks);

}  // namespace captioner
