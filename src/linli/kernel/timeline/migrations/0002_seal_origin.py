from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timeline", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="seal",
            name="shift",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="seal",
            name="origin",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
    ]
