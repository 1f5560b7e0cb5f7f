using System.Runtime.CompilerServices;

// Kernels keep squares and tiles on the stack, and write them before they read them: zeros there are work for nothing.
[module: SkipLocalsInit]
