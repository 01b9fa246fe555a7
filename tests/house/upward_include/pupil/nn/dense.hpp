#pragma once
// The header that pupil/core/tensor.hpp may not include.
