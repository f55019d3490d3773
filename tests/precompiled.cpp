// The headers that CMake compiles once for many tests come with the target of this file.
