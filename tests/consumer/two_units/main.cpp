// One of two translation units that include everything; both must see the same pool of storage.

#include <pupil/captioning.hpp>

const pupil::StoragePool* pool_of_other_unit();

int main() { return &pupil::StoragePool::instance() == pool_of_other_unit() ? 0 : 1; }
