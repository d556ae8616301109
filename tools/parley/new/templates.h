/* The texts in templates/, by their paths below it: made by EmbedTemplates.cmake. */
#ifndef PARLEY_NEW_TEMPLATES_H
#define PARLEY_NEW_TEMPLATES_H

/* The text of NAME ("service/api.c.in"); it ends the process where there is none. */
const char *template_text(const char *name);

#endif
