/* Standard input, output and error, where whoever started the process has closed them. */
#ifndef PARLEY_BASE_STDOPEN_H
#define PARLEY_BASE_STDOPEN_H

#ifdef __cplusplus
extern "C" {
#endif

/* Opens those of descriptors 0 to 2 that are closed, so that no file or socket opened later takes
 * the place of one and is read, or written to, by mistake. Reading and writing them fail as before
 * (EBADF). The first thing a main does. */
void pl_stdopen(void);

#ifdef __cplusplus
}
#endif
#endif
