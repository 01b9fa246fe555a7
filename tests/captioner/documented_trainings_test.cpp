#include "documents.hpp"
#include "pretrained.hpp"

using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// What makes a documented command a moment's work: of an option that is given twice, the later one counts.
constexpr const char* in_a_moment = R"(
set -e
captioner() {
  local more=()
  case "$*" in
    *--start-from*) more=(--epochs 1 --limit 4 --threads 1 --batch-size 2) ;;
    train*) more=(--epochs 1 --limit 4 --threads 1 --batch-size 2 --min-count 1 --captions-per-image 1 --embedding-size 16) ;;
  esac
  "$PUPIL_CAPTIONER" "$@" "${more[@]}"
}
)";

/// The files that the reader is taken to have, the photographs of the data being scenes.
void write_files_of_reader(const fs::path& folder) {
  make_scenes(folder / "flickr8k");
  MobileNetV2Weights(10, 1).write(folder / "mobilenet_v2.safetensors");
  fs::copy_file("examples/captioner/photographs/chelsea.jpg", folder / "photo.jpg");
  put_file(folder / "imagenet_classes.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
}

}  // namespace

TEST_CASE("the trainings in the captioner's document run as they stand there, one after another") {
  if (!has_program()) return;
  const DocumentParts document("examples/captioner/README.md");
  REQUIRE(document.run_blocks.size() >= 3);
  std::string script = in_a_moment;
  for (const std::size_t block : document.run_blocks) script += document.shell_blocks[block];
  const TemporaryFolder folder;
  write_files_of_reader(folder.path());
  put_file(folder / "script", script);
  const std::string program = fs::absolute(std::getenv("PUPIL_CAPTIONER")).string();
  const std::string run =
      "cd '" + (folder.path()).string() + "' && PUPIL_CAPTIONER='" + program + "' bash script > said 2>&1";
  const int status = std::system(run.c_str());
  CAPTURE(file_text(folder / "said"));
  CHECK(status == 0);
  CHECK(fs::exists(folder / "runs" / "scores" / "model.safetensors"));
}
