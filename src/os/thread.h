// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Thread: the CPUs a thread may run on, and its name.

#ifndef EDDY_OS_THREAD_H_
#define EDDY_OS_THREAD_H_

#include <string_view>
#include <vector>

#include "eddy/status.h"

namespace eddy::os {

// The CPUs that the calling thread may run on, ascending; never empty. Where
// the system does not tell, 0 to the number of CPUs.
std::vector<int> AllowedCpus();

// Binds the calling thread to `cpu`, whatever it was bound to before.
// kUnsupported where the system can't; kInvalidArgument for a CPU that is not
// there, or was not among the process's when this was first asked.
Status PinToCpu(int cpu);
// What PinToCpu would say.
Status CheckCpu(int cpu);

// Names the calling thread for debuggers; cut to what the system takes.
void NameThread(std::string_view name) noexcept;

}  // namespace eddy::os

#endif  // EDDY_OS_THREAD_H_
