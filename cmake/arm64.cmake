# A toolchain for 64-bit ARM by Debian's cross compiler, whose programs qemu runs: tools/setup arm64 installs both.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;/usr/aarch64-linux-gnu)
# Of other packages only headers are used, which are the same for all processors.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
