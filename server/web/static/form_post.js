document.getElementById('submit').click();
