/* Memory that tensors gave back, for the next ones. */
#ifndef ASSAY_CLI_RETAIN_H
#define ASSAY_CLI_RETAIN_H

/* For main() of a program: the C library keeps what is freed, up to a gigabyte, where it would else give large pieces
 * back to the system and get them page by page, zeroed, for the next tensor. A setting of the process, so none of the
 * library's. */
void cli_retain_memory(void);

#endif
