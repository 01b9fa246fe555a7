// A function whose disassembly the test isa/neon/inner_loop reads.

#include <pupil/kernels/isa/backend.hpp>

extern "C" void multiply_by_neon(pupil::Index depth, const float* left, const float* right,
                                 const pupil::kernels::TileTarget<float>& target) {
  pupil::kernels::neon::GemmTile::multiply<1, pupil::kernels::neon::GemmTile::rows>(depth, left, right, target);
}
