"""What kind of browser somebody sits at, in a word for each: enough to know one's own again."""

from django.utils.translation import gettext_lazy as _

# The first that is found; those that also call themselves by another's name come before it.
BROWSERS = (
    ("MicroMessenger/", "weixin"),
    ("DingTalk/", "dingtalk"),
    ("Lark/", "feishu"),
    ("Edg", "edge"),
    ("QQBrowser/", "qq"),
    ("360", "360"),
    ("Firefox/", "firefox"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)
SYSTEMS = (
    ("HarmonyOS", "harmony"),
    ("OpenHarmony", "harmony"),
    ("Android", "android"),
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Windows", "windows"),
    ("Mac OS X", "mac"),
    ("UOS", "uos"),
    ("Linux", "linux"),
)
NAMES = {
    "weixin": _("Weixin"),
    "dingtalk": _("DingTalk"),
    "feishu": _("Feishu"),
    "edge": "Edge",
    "qq": _("QQ browser"),
    "360": _("360 browser"),
    "firefox": "Firefox",
    "chrome": "Chrome",
    "safari": "Safari",
    "harmony": "HarmonyOS",
    "android": "Android",
    "iphone": "iPhone",
    "ipad": "iPad",
    "windows": "Windows",
    "mac": "macOS",
    "uos": "UOS",
    "linux": "Linux",
}
UNKNOWN = _("Unknown device")


def device_of(agent: str) -> str:
    """A browser and its system as codes, for example `chrome windows`."""
    found = (
        next((code for mark, code in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)
    )
    return " ".join(code for code in found if code)


def device_label(device: str) -> str:
    """A device in words."""
    return " · ".join(str(NAMES[code]) for code in device.split() if code in NAMES) or str(UNKNOWN)
