// The other of two translation units that include everything.

#include <pupil/captioning.hpp>

const pupil::StoragePool* pool_of_other_unit();
const pupil::StoragePool* pool_of_other_unit() { return &pupil::StoragePool::instance(); }
