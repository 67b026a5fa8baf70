#include "roles/coordinator.h"
#include "roles/shard.h"
