// Reading, resizing, drawing and writing images. These functions are inline and no templates: each program has a copy
// of them, of which the linker takes the first. So this one, which is optimised, serves where the programs are not.

#include <tuple>

#include <pupil/data/scene_drawing.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>
#include <pupil/io/resize.hpp>

namespace pupil::captioning {

[[gnu::used]] static const std::tuple compiled_here{&decode_image, &resize_bilinear, &draw_scene, &encode_png,
                                                    &encode_jpeg};

}  // namespace pupil::captioning
