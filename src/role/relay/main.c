/* relay - takes mail to other servers: connects out, speaks SMTP and LMTP.
 *
 * May: connect, TLS as a client. Never: writes the spool, opens a file. See
 * relay.h for the parts. */
#include "role/relay/relay.h"

int
main(int argc, char **argv)
{
	return role_main(&relay_ops, argc, argv);
}
