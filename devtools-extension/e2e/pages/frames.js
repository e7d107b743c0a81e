document.getElementById("other").src = location.href.replace("127.0.0.1", "localhost").replace("frames.html", "probe.html");
document.getElementById("out").textContent = "ready";
