/* blocklist_zones.c - the lists that are asked when none is named. */
#include "check/blocklist.h"

#define IP4  BLOCKLIST_IP4
#define IP6  BLOCKLIST_IP6
#define NAME BLOCKLIST_NAME

static const struct blocklist_zone zones[] = {
    {"zen.spamhaus.org", IP4 | IP6, NULL, "https://check.spamhaus.org/"},
    {"bl.spamcop.net", IP4, NULL, "https://www.spamcop.net/bl.shtml"},
    {"b.barracudacentral.org", IP4, NULL,
	"https://www.barracudacentral.org/rbl/removal-request"},
    {"psbl.surriel.com", IP4, NULL, "https://psbl.org/remove"},
    {"dnsbl-1.uceprotect.net", IP4, NULL,
	"https://www.uceprotect.net/en/rblcheck.php"},
    {"dnsbl-2.uceprotect.net", IP4, NULL,
	"https://www.uceprotect.net/en/rblcheck.php"},
    {"dnsbl.dronebl.org", IP4 | IP6, NULL, "https://dronebl.org/lookup"},
    {"all.s5h.net", IP4 | IP6, NULL,
	"https://www.usenix.org.uk/content/rbl.html"},
    {"bl.mailspike.net", IP4, NULL, "https://mailspike.org/iplookup.html"},
    {"bl.blocklist.de", IP4, NULL, "https://www.blocklist.de/en/delist.html"},
    {"rbl.efnetrbl.org", IP4, NULL, "https://rbl.efnetrbl.org/"},
    {"dnsbl.spfbl.net", IP4 | IP6, NULL, "https://spfbl.net/en/delist/"},
    {"truncate.gbudb.net", IP4, NULL, "http://www.gbudb.com/truncate/"},
    {"db.wpbl.info", IP4, NULL, "http://www.wpbl.info/"},
    {"bl.0spam.org", IP4, NULL, "https://0spam.org/"},
    {"bl.spameatingmonkey.net", IP4, NULL,
	"https://spameatingmonkey.com/lookup"},
    {"backscatter.spameatingmonkey.net", IP4, NULL,
	"https://spameatingmonkey.com/lookup"},
    {"spam.dnsbl.anonmails.de", IP4, NULL, "https://anonmails.de/dnsbl.php"},
    {"spamrbl.imp.ch", IP4, NULL, "https://antispam.imp.ch/"},
    {"dnsbl.kempt.net", IP4, NULL, "https://www.kempt.net/dnsbl/"},
    {"rbl.interserver.net", IP4, NULL, "https://sigs.interserver.net/"},
    {"bl.nordspam.com", IP4, NULL, "https://www.nordspam.com/removal/"},
    {"ubl.unsubscore.com", IP4, NULL, "https://blacklist.lashback.com/"},
    {"dnsbl.zapbl.net", IP4, NULL, "https://zapbl.net/"},
    {"rbl.abuse.ro", IP4, NULL, "https://abuse.ro/"},
    {"dyna.spamrats.com", IP4, NULL, "https://www.spamrats.com/removal.php"},
    {"noptr.spamrats.com", IP4, NULL, "https://www.spamrats.com/removal.php"},
    {"spam.spamrats.com", IP4, NULL, "https://www.spamrats.com/removal.php"},
    {"dbl.spamhaus.org", NAME, "dbltest.com", "https://check.spamhaus.org/"},
    {"multi.surbl.org", NAME, "test.surbl.org",
	"https://surbl.org/surbl-analysis"},
    {"multi.uribl.com", NAME, "test.uribl.com", "https://admin.uribl.com/"},
    {"dbl.nordspam.com", NAME, NULL, "https://www.nordspam.com/removal/"},
};

const struct blocklist_zone *
blocklist_zones(size_t *out_n)
{
	*out_n = sizeof(zones) / sizeof(*zones);
	return zones;
}
