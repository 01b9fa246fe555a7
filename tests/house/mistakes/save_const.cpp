// compiles
#include "small_net.hpp"

void save(const SmallNet& net) { save_state_dict("net.safetensors", net); }
