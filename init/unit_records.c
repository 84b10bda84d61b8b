/* SPDX-License-Identifier: MIT */
#include "unit_records.h"

#define STAMP(member) offsetof(struct stamp_spec, member)
const struct key stamp_keys[] = {
	{.name = "inputs",
	 .read = read_paths,
	 .offset = STAMP(inputs),
	 .about = "files and directories whose contents count"},
	{.name = "outputs",
	 .read = read_paths,
	 .offset = STAMP(outputs),
	 .about = "paths that must be there"},
	{.name = "version",
	 .read = read_text,
	 .offset = STAMP(version),
	 .about = "a text that counts too, such as {{NODE_IP}}"},
	KEY_END,
};

bool stamp_is_asked(const struct stamp_spec *stamp)
{
	return stamp->inputs.count > 0 || stamp->outputs.count > 0 || stamp->version;
}
