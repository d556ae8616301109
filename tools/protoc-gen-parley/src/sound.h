/* Whether a request is one that protoc could have sent. The model and the emitters take for
 * granted what is looked at here. */
#ifndef PL_GEN_SOUND_H
#define PL_GEN_SOUND_H

#include "plugin.h"

/* Every element has a name that is one, every field a type, every method its messages, and nothing
 * is nested deeper than PL_GEN_DEPTH_MAX. PL_INVALID_ARGUMENT names the file that is not so. */
PL_NODISCARD pl_code pl_gen_sound(const pl_plugin_request *request, pl_error *err);

#endif
