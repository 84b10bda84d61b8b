/* SPDX-License-Identifier: MIT */
#include "policies.h"
