// For output.cmake to find.
#include <iostream>

void say() { std::cout << "done"; }
